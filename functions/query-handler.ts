import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { answerRequest } from '../shared/http/answer.ts';
import { rememberedCompleteness } from '../shared/http/completeness-cache.ts';
import { type HttpResponse, MAX_RESPONSE_BYTES } from '../shared/http/response.ts';
import type { QueryDeps } from '../shared/query/read-page.ts';

export interface QueryHandlerOptions {
  /** Is told of errors that are not the asker's; they are not safe to show as they are. */
  failed(error: unknown): void;
  /** Of the response as JSON text. */
  maxResponseBytes?: number;
}

/** The query function: events of an API Gateway HTTP API (payload format 2.0), answered from the tables. */
export function createQueryHandler(deps: QueryDeps, options: QueryHandlerOptions) {
  const { failed, maxResponseBytes = MAX_RESPONSE_BYTES } = options;
  const httpDeps = { ...deps, completeness: rememberedCompleteness(deps) };
  return middy<unknown, HttpResponse, Error, Context>().handler(async (event: unknown) => {
    const { response, failure } = await answerRequest(event, httpDeps, maxResponseBytes);
    if (failure !== undefined) failed(failure);
    return response;
  });
}
