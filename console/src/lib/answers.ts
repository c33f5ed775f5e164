import type { Completeness } from '../../../shared/query/completeness.ts';
import type { EnvironmentTimes } from '../../../shared/query/environments.ts';

/** The answer of /environments. */
export interface EnvironmentList {
  environments: EnvironmentTimes[];
  completeness: Completeness;
}
