import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { TrailError } from '../shared/errors.ts';
import type { PublicKeySource } from '../shared/integrity/public-keys.ts';
import {
  type RunReport,
  type VerifyIngestedDeps,
  type VerifyObserver,
  verifyIngested,
} from '../shared/integrity/verify-ingested.ts';
import { remainingIn, safeError } from './invocation.ts';

/** Receives what happens: the function's log and metrics. */
export interface VerifyFunctionObserver extends VerifyObserver {
  /** The invocation is over. */
  end(report?: RunReport): void;
}

/** What each run works with. It lists the public keys again, because new ones come from time to time. */
export interface VerifyFunctionDeps extends Omit<VerifyIngestedDeps, 'keys'> {
  createKeys(): PublicKeySource;
}

/** With less time left, no digest is started: the largest take seconds. */
const LAST_START_MS = 60_000;

/** The verify function. A schedule calls it, and its event is ignored. */
export function createVerifyHandler({ createKeys, ...deps }: VerifyFunctionDeps, observer: VerifyFunctionObserver) {
  const verify = async (_event: unknown, context: Partial<Context>): Promise<RunReport> => {
    const remaining = remainingIn(context);
    const time = { isSpent: () => remaining() < LAST_START_MS };
    const report = await verifyIngested({ ...deps, keys: createKeys() }, observer, time);
    observer.end(report);
    // Lambda counts an error; the other accounts and Regions are done.
    if (report.failedPlaces > 0) {
      throw new TrailError('verification-failed', `${report.failedPlaces} accounts and Regions could not be verified`);
    }
    return report;
  };
  return middy<unknown, RunReport, Error, Context>()
    .onError(({ error }) => {
      if (!(error instanceof TrailError && error.code === 'verification-failed')) {
        observer.failed('run', error);
        observer.end();
      }
      throw safeError(error, 'verification-failed');
    })
    .handler(verify);
}
