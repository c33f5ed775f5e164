import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Context } from 'aws-lambda';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { LOCAL_TABLES } from '../../local/local-names.ts';
import { packageRoot } from '../../local/table-definitions.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { exampleBodies, openApiDocument } from '../../shared/http/openapi.ts';
import { OPERATIONS } from '../../shared/http/operations.ts';
import { bodyKey, type ExampleRequest, shownExamples } from '../../shared/http/shown-examples.ts';
import { httpEvent } from '../support/http-event.ts';
import { SAMPLE_NOW, startSampleStore } from '../support/sample-store.ts';

jest.setTimeout(60_000);

/** `npm run openapi` sets it: the examples and docs/openapi.json are written anew, not compared. */
const UPDATE = process.env.UPDATE_OPENAPI === '1';
const DOCUMENT_FILE = join(packageRoot(), 'docs', 'openapi.json');
const BODIES_FILE = join(packageRoot(), 'shared', 'http', 'examples.generated.ts');

type ExampleObject = { value?: unknown; externalValue?: string; 'x-request': ExampleRequest };
type MediaType = {
  schema: object;
  'x-line-schema'?: object;
  'x-columns'?: string[];
  examples: Record<string, ExampleObject>;
};
type Operation = { operationId: string; responses: Record<string, { content: Record<string, MediaType> }> };
type Document = { paths: Record<string, { get: Operation }>; components: { schemas: Record<string, object> } };

let store: Awaited<ReturnType<typeof startSampleStore>>;
let document: Document;
beforeAll(async () => {
  store = await startSampleStore();
  const bodies = UPDATE ? await currentBodies() : exampleBodies();
  document = JSON.parse(JSON.stringify(openApiDocument(OPERATIONS, bodies)));
  if (!UPDATE) return;
  await writeFile(BODIES_FILE, bodiesModule(bodies));
  await writeFile(DOCUMENT_FILE, `${JSON.stringify(document, null, 2)}\n`);
});
afterAll(() => store.stop());

test('is what docs/openapi.json has (npm run openapi writes it)', async () => {
  expect(`${JSON.stringify(document, null, 2)}\n`).toBe(await readFile(DOCUMENT_FILE, 'utf8'));
});

test('is what the API serves', async () => {
  const { body } = await ask({ url: '/openapi.json', accept: '*/*' });
  if (!UPDATE) expect(JSON.parse(body)).toEqual(document);
});

test('is a valid OpenAPI 3.1 document', async () => {
  const result = await new Validator().validate(structuredClone(document));
  expect(result).toMatchObject({ valid: true });
});

test('shows every operation in every one of its formats', () => {
  for (const { path, formats } of OPERATIONS) {
    const { content } = document.paths[path]!.get.responses[200]!;
    expect(Object.keys(content)).toHaveLength(formats.length);
  }
});

describe('every example is what the API answers', () => {
  const cases = OPERATIONS.flatMap((operation) =>
    shownExamples(operation).map((example) => ({ ...example, operation, id: operation.id })),
  );
  test.each(cases)('$id $status $name $mediaType', async ({ operation, status, mediaType, name }) => {
    const shown = document.paths[operation.path]!.get.responses[status]!.content[mediaType]!;
    const example = shown.examples[name]!;
    const { statusCode, headers, body } = await ask(example['x-request']);
    expect(statusCode).toBe(status);
    expect(headers['content-type']!.split(';')[0]).toBe(mediaType);
    if (mediaType.endsWith('json') && mediaType !== 'application/x-ndjson') {
      check(shown.schema, JSON.parse(body));
      if (example.externalValue === undefined) expect(JSON.parse(body)).toEqual(example.value);
    } else {
      expect(body).toBe(example.value);
    }
    const lines = body.split('\n').slice(0, -1);
    if (shown['x-line-schema']) for (const line of lines) check(shown['x-line-schema'], JSON.parse(line));
    if (shown['x-columns']) expect(lines[0]!.trimEnd().split(',')).toEqual(shown['x-columns']);
  });
});

function check(schema: object, value: unknown): void {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  ajv.addVocabulary(['components']);
  const validate = ajv.compile({ ...schema, components: document.components });
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
}

async function ask({ url, accept, condition }: ExampleRequest) {
  const unreachable = createDynamoClient({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    maxAttempts: 1,
  });
  const handler = createQueryHandler(
    condition === 'DynamoDB does not answer'
      ? { dynamo: unreachable, tables: LOCAL_TABLES, now: () => SAMPLE_NOW }
      : store.deps,
    {
      failed: () => {},
      ...(condition === 'answers are limited to 100 bytes' ? { maxResponseBytes: 100 } : {}),
    },
  );
  return handler(httpEvent(url, { accept }), {} as Context);
}

async function currentBodies(): Promise<Record<string, string>> {
  const bodies: Record<string, string> = {};
  for (const operation of OPERATIONS) {
    for (const example of shownExamples(operation)) {
      if (operation.fixed && example.status === 200) continue;
      bodies[bodyKey(operation, example)] = (await ask(example.request)).body;
    }
  }
  return bodies;
}

function bodiesModule(bodies: Readonly<Record<string, string>>): string {
  const packed = gzipSync(JSON.stringify(bodies), { level: 9 }).toString('base64');
  return [
    '// Written by `npm run openapi`: what the API answers to the examples of its description, by `bodyKey`; a JSON object',
    '// of texts, gzipped, in base64. docs/openapi.json has them to be read.',
    `export const PACKED_BODIES = '${packed}';`,
    '',
  ].join('\n');
}
