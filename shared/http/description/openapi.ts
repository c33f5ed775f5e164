import * as z from 'zod/mini';
import { MEDIA_TYPES } from '../negotiate.ts';
import type { Operation } from '../operation.ts';
import type { Parameter } from '../parameters.ts';
import { bodyKey, isItself, type ShownExample, shownExamples } from './examples.ts';
import { type Schema, schemaRef } from './schema.ts';
import { SCHEMAS } from './schemas.ts';

/**
 * The OpenAPI 3.1 document of the API. Every example in it says, as `x-request`, how to get it.
 * https://spec.openapis.org/oas/v3.1.1.html
 * @param bodies of the examples, by `bodyKey`
 */
export function openApiDocument(operations: readonly Operation[], bodies: Bodies): object {
  return {
    openapi: '3.1.1',
    info: {
      title: 'mwaa-trail',
      version: '1',
      description: 'The audit trail of Amazon MWAA. Requests are signed with SigV4 for the service `execute-api`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ sigv4: [] }],
    paths: Object.fromEntries(operations.map((one) => [one.path, { get: describeOperation(one, bodies) }])),
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        sigv4: { type: 'apiKey', name: 'Authorization', in: 'header', 'x-amazon-apigateway-authtype': 'awsSigv4' },
      },
    },
  };
}

const STATUSES: Readonly<Record<number, string>> = {
  200: 'Found',
  400: 'The path, the query or a parameter is wrong',
  404: 'There is no such event',
  406: 'None of the accepted formats is available',
  413: 'The answer has more than the 6 MB that Lambda can return',
  500: 'The request could not be answered; only the log says why',
  503: 'The request could not be answered in time',
};

type Bodies = Readonly<Record<string, string>>;

function describeOperation(operation: Operation, bodies: Bodies): object {
  const { id, summary, description, parameters } = operation;
  const byStatus = Map.groupBy(shownExamples(operation), ({ status }) => status);
  const describeResponse = (status: number, examples: readonly ShownExample[]) => ({
    description: STATUSES[status],
    ...(status === 200 && 'cursor' in parameters ? { headers: LINK } : {}),
    content: describeContent(operation, examples, bodies),
  });
  return {
    operationId: id,
    summary,
    description,
    parameters: Object.entries(parameters).map(([name, parameter]) => describeParameter(name, parameter)),
    // Objects list integer keys in ascending order.
    responses: Object.fromEntries(
      [...byStatus].map(([status, examples]) => [status, describeResponse(status, examples)]),
    ),
  };
}

const LINK = {
  Link: { description: 'The next page, as rel="next"; absent: this was the last', schema: { type: 'string' } },
};

function describeParameter(name: string, { in: place, description, schema }: Parameter): object {
  const { $schema, ...described } = z.toJSONSchema(schema, { io: 'output' });
  const required = schema.safeParse([]).success ? {} : { required: true };
  return { name, in: place, description, ...required, schema: described };
}

function describeContent(operation: Operation, examples: readonly ShownExample[], bodies: Bodies): object {
  const byMediaType = [...Map.groupBy(examples, ({ mediaType }) => mediaType)];
  return Object.fromEntries(
    byMediaType.map(([mediaType, shown]) => {
      const described = shown.map((example) => [example.name, describeExample(operation, example, bodies)]);
      return [mediaType, { ...describeBody(operation, mediaType), examples: Object.fromEntries(described) }];
    }),
  );
}

/** OpenAPI 3.1 cannot describe lines and columns; extensions do. */
function describeBody({ schemas, columns }: Operation, mediaType: string): object {
  const text = (description: string): Schema => ({ type: 'string', description });
  switch (mediaType) {
    case MEDIA_TYPES.json:
      return { schema: schemaRef(schemas.json) };
    case MEDIA_TYPES.ndjson:
      return { schema: text('A JSON text a line'), 'x-line-schema': schemaRef(schemas.line) };
    case MEDIA_TYPES.csv:
      return { schema: text('RFC 4180, with a header row'), ...(columns ? { 'x-columns': columns } : {}) };
    default:
      return { schema: schemaRef('Problem') };
  }
}

function describeExample(operation: Operation, example: ShownExample, bodies: Bodies): object {
  const { summary, mediaType, request } = example;
  const common = { summary, 'x-request': request };
  // The document does not hold itself.
  if (isItself(operation, example)) return { ...common, externalValue: request.url };
  const body = bodies[bodyKey(operation, example)] ?? '';
  const isText = mediaType === MEDIA_TYPES.ndjson || mediaType === MEDIA_TYPES.csv || body === '';
  return { ...common, value: isText ? body : JSON.parse(body) };
}
