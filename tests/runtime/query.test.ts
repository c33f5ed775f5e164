import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { HttpApiResult } from '../../functions/query-handler.ts';
import { LOCAL_CREDENTIALS } from '../../local/local-names.ts';
import { bodyKey, isItself, shownExamples } from '../../shared/http/description/examples.ts';
import type { Operation } from '../../shared/http/operation.ts';
import { OPERATIONS } from '../../shared/http/operations.ts';
import { httpEvent } from '../support/http-event.ts';
import { describedContent, readDocument } from '../support/openapi-document.ts';
import { SAMPLE_NOW, type SampleStore, sharedSampleStore } from '../support/sample-store.ts';
import { describeUnderRuntimeClient, LambdaFunction } from './support/lambda-function.ts';

/** The clock of the samples: the answers are to be those that the API's description shows. */
const AT_SAMPLE_TIME = `data:text/javascript,Date.now = () => ${SAMPLE_NOW}`;

describeUnderRuntimeClient('the query function under the Lambda runtime client', () => {
  let store: SampleStore;
  let env: Record<string, string>;
  const started: LambdaFunction[] = [];
  beforeAll(async () => {
    store = await sharedSampleStore();
    env = {
      EVENTS_TABLE: store.deps.tables.eventsTable,
      LOG_FILES_TABLE: store.deps.tables.logFilesTable,
      ENVIRONMENTS_TABLE: store.deps.tables.environmentsTable,
      AWS_ENDPOINT_URL_DYNAMODB: store.endpoint,
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    };
  }, 60_000);
  afterAll(async () => {
    for (const lambda of started) await lambda.stop();
    await store.stop();
  });

  async function deploy(more: Readonly<Record<string, string>> = {}): Promise<LambdaFunction> {
    const lambda = await LambdaFunction.start('query', { ...env, ...more }, [AT_SAMPLE_TIME]);
    started.push(lambda);
    return lambda;
  }

  test('every route answers the examples of its description', async () => {
    const lambda = await deploy();
    expect(await lambda.initError()).toBeUndefined();
    const document = readDocument();
    // The examples of findings are those of a local store, which evaluates the rules itself.
    for (const operation of OPERATIONS.filter(({ id }) => !id.startsWith('listFindings'))) {
      for (const example of shownExamples(operation).filter(({ request }) => request.condition === undefined)) {
        const { url, accept } = example.request;
        const response = await ask(lambda, routedEvent(operation, url, accept));
        const { statusCode, headers, body } = response;
        const key = bodyKey(operation, example);
        const type = headers['content-type']?.split(';')[0];
        expect([key, statusCode, type]).toEqual([key, example.status, example.mediaType]);
        const { value } = describedContent(document, operation, example).examples[example.name]!;
        const answer = typeof value === 'string' ? body : JSON.parse(body);
        expect([key, answer]).toEqual([key, isItself(operation, example) ? document : value]);
      }
    }
    expect(lambda.log()).toEqual([]);
  }, 120_000);

  test('what is no request is answered, not thrown', async () => {
    const lambda = await deploy();
    for (const event of [{}, null, 'text', { version: '1.0', path: '/events', httpMethod: 'GET' }]) {
      expect(await ask(lambda, event)).toMatchObject({ statusCode: 400 });
    }
  }, 60_000);

  test('what fails behind it is told to the log alone', async () => {
    const lambda = await deploy({ EVENTS_TABLE: 'no-such-table' });
    const { statusCode, body } = await ask(lambda, httpEvent('/events/some-id'));
    expect(statusCode).toBe(500);
    expect(body).not.toMatch(/no-such-table|ResourceNotFound/);
    expect(lambda.logEntries()).toMatchObject([
      { level: 'ERROR', message: 'request not answered', reason: 'ResourceNotFoundException (HTTP 400)' },
    ]);
  }, 60_000);
});

async function ask(lambda: LambdaFunction, event: unknown): Promise<HttpApiResult> {
  const outcome = await lambda.invoke(event);
  expect(outcome).toMatchObject({ kind: 'response', body: { statusCode: expect.any(Number) } });
  return (outcome as { body: HttpApiResult }).body;
}

/** As API Gateway sends it when a route with placeholders matches: it has decoded them. */
function routedEvent({ path }: Operation, url: string, accept: string): object {
  const event = httpEvent(url, { accept });
  const segments = event.rawPath.split('/').map(decodeURIComponent);
  const placeholders = path.split('/').flatMap((part, i) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    return name === undefined ? [] : [[name, segments[i] ?? '']];
  });
  const pathParameters = placeholders.length === 0 ? {} : { pathParameters: Object.fromEntries(placeholders) };
  return { ...event, routeKey: `GET ${path}`, rawPath: segments.join('/'), ...pathParameters };
}
