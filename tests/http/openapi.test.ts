import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Context } from 'aws-lambda';
import { loadRules } from '../../cli/detect/load-rules.ts';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { LOCAL_TABLES } from '../../local/local-names.ts';
import { packageRoot } from '../../local/table-definitions.ts';
import { evaluatedFindings } from '../../shared/alert/evaluated-findings.ts';
import type { FindingSource } from '../../shared/alert/find-findings.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { readRules } from '../../shared/detect/read-rules.ts';
import { bodyKey, type ExampleRequest, isItself, shownExamples } from '../../shared/http/description/examples.ts';
import { openApiDocument } from '../../shared/http/description/openapi.ts';
import { OPERATIONS } from '../../shared/http/operations.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import { httpEvent } from '../support/http-event.ts';
import { DOCUMENT_FILE, type Document, describedContent } from '../support/openapi-document.ts';
import { SAMPLE_NOW, type SampleStore, sharedSampleStore } from '../support/sample-store.ts';

jest.setTimeout(60_000);

/** `npm run openapi` sets it: docs/openapi.json, and the copy that the API serves, are written anew, not compared. */
const UPDATE = process.env.UPDATE_OPENAPI === '1';
const PACKED_FILE = join(packageRoot(), 'shared', 'http', 'openapi.generated.ts');

let store: SampleStore;
let findings: FindingSource;
let document: Document;
beforeAll(async () => {
  store = await sharedSampleStore();
  findings = evaluatedFindings(async () => readRules(await loadRules([])).rules, store.deps);
  document = JSON.parse(JSON.stringify(openApiDocument(OPERATIONS, await currentBodies())));
  if (!UPDATE) return;
  await writeFile(PACKED_FILE, packedModule());
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
  const result = await new Validator().validate(JSON.parse(JSON.stringify(document)));
  expect(result).toMatchObject({ valid: true });
});

test('shows every operation in every one of its formats', () => {
  for (const { path, formats } of OPERATIONS) {
    const { content } = document.paths[path]!.get.responses[200]!;
    expect(Object.keys(content)).toHaveLength(formats.length);
  }
});

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
ajv.addVocabulary(['components']);

describe('every example is what the API answers', () => {
  const cases = OPERATIONS.flatMap((operation) =>
    shownExamples(operation).map((example) => ({ ...example, example, operation, id: operation.id })),
  );
  test.each(cases)('$id $status $name $mediaType', async ({ operation, example, status, mediaType, name }) => {
    const shown = describedContent(document, operation, example);
    const { value, externalValue, 'x-request': request } = shown.examples[name]!;
    const { statusCode, headers, body } = await ask(request);
    expect(statusCode).toBe(status);
    expect(headers['content-type']!.split(';')[0]).toBe(mediaType);
    if (mediaType.endsWith('json') && mediaType !== 'application/x-ndjson') {
      check(shown.schema, JSON.parse(body));
      if (externalValue === undefined) expect(JSON.parse(body)).toEqual(value);
    } else {
      expect(body).toBe(value);
    }
    const lines = body.split('\n').slice(0, -1);
    if (shown['x-line-schema']) for (const line of lines) check(shown['x-line-schema'], JSON.parse(line));
    if (shown['x-columns']) expect(lines[0]!.trimEnd().split(',')).toEqual(shown['x-columns']);
  });
});

/** Of each schema in the document: what checks a value. */
const checks = new Map<object, ValidateFunction>();

function check(schema: object, value: unknown): void {
  const validate = checks.get(schema) ?? ajv.compile({ ...schema, components: document.components });
  checks.set(schema, validate);
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
  const deps: Partial<Record<NonNullable<ExampleRequest['condition']>, QueryDeps>> = {
    'DynamoDB does not answer': { dynamo: unreachable, tables: LOCAL_TABLES, now: () => SAMPLE_NOW },
    'DynamoDB answers slowly': { ...store.deps, dynamo: slow(store.deps.dynamo) },
  };
  const used = (condition && deps[condition]) ?? store.deps;
  const handler = createQueryHandler(used, {
    failed: () => {},
    findings: used === store.deps ? findings : evaluatedFindings(async () => [], used),
    ...(condition === 'answers are limited to 100 bytes' ? { maxResponseBytes: 100 } : {}),
    ...(condition === 'DynamoDB answers slowly' ? { timeLimits: { page: 0, answer: 0 } } : {}),
  });
  return handler(httpEvent(url, { accept }), {} as Context);
}

/** A client whose answers come later than any limit. */
function slow(dynamo: DynamoDBClient): DynamoDBClient {
  const send = async (...given: Parameters<DynamoDBClient['send']>) => {
    await setTimeout(100);
    return dynamo.send(...given);
  };
  return Object.create(dynamo, { send: { value: send } });
}

async function currentBodies(): Promise<Record<string, string>> {
  const bodies: Record<string, string> = {};
  for (const operation of OPERATIONS) {
    for (const example of shownExamples(operation)) {
      if (isItself(operation, example)) continue;
      bodies[bodyKey(operation, example)] = (await ask(example.request)).body;
    }
  }
  return bodies;
}

function packedModule(): string {
  const packed = gzipSync(JSON.stringify(document), { level: 9 }).toString('base64');
  return [
    '// Written by `npm run openapi`: docs/openapi.json, gzipped, in base64.',
    `export const PACKED_OPENAPI = '${packed}';`,
    '',
  ].join('\n');
}
