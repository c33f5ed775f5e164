import type { Context } from 'aws-lambda';
import { describeError, TrailError } from '../shared/errors.ts';

/** Returns how many milliseconds an invocation has left; outside Lambda, there is no end. */
export const remainingIn = (context: Partial<Context>) => () =>
  context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;

/** Returns the error to throw for another one: Lambda logs it, and an SDK error's message can echo the request. */
export const safeError = (error: unknown, code: string): TrailError =>
  error instanceof TrailError ? error : new TrailError(code, describeError(error));
