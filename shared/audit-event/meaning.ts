import type { JsonRecord } from './record-fields.ts';
import { stringAt } from './record-fields.ts';
export function meaningOf(fields: JsonRecord) { return { action: stringAt(fields,'eventName') ?? 'unknown', target: undefined as string|undefined, access: 'write' as 'read'|'write', outcome: (stringAt(fields,'errorCode') ? 'failed':'ok') as 'ok'|'denied'|'failed', parameters: [] as string[], statusCode: undefined as number|undefined }; }
export const phraseOf = (action: string) => action;
