import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../local/table-definitions.ts';
import type { ExampleRequest, ShownExample } from '../../shared/http/description/examples.ts';
import type { Operation } from '../../shared/http/operation.ts';

interface MediaType {
  schema: object;
  'x-line-schema'?: object;
  'x-columns'?: string[];
  examples: Record<string, { value?: unknown; externalValue?: string; 'x-request': ExampleRequest }>;
}
/** What tests read of the OpenAPI document. */
export interface Document {
  paths: Record<string, { get: { responses: Record<string, { content: Record<string, MediaType> }> } }>;
  components: { schemas: Record<string, object> };
}

export const DOCUMENT_FILE = join(packageRoot(), 'docs', 'openapi.json');

export function readDocument(): Document {
  return JSON.parse(readFileSync(DOCUMENT_FILE, 'utf8'));
}

/** Where the document describes answers of an example's status and media type. */
export function describedContent(document: Document, { path }: Operation, example: ShownExample): MediaType {
  return document.paths[path]!.get.responses[example.status]!.content[example.mediaType]!;
}
