import { gunzipSync } from 'node:zlib';
import { PACKED_OPENAPI } from '../openapi.generated.ts';
import { onlyJson, operation } from '../operation.ts';

/** `npm run openapi` makes the document from the other operations. It is packed, so that the function starts fast. */
export const getOpenApi = operation({
  id: 'getOpenApi',
  path: '/openapi.json',
  summary: 'This description',
  description: 'OpenAPI 3.1.',
  parameters: {},
  formats: ['json'],
  schemas: { json: 'OpenApi', line: 'OpenApi' },
  async answer() {
    return { body: onlyJson(gunzipSync(Buffer.from(PACKED_OPENAPI, 'base64')).toString()) };
  },
});
