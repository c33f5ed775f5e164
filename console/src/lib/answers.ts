import type { Completeness } from '../../../shared/query/completeness.ts';
import type { ListedEnvironment } from '../../../shared/query/environments.ts';

/** The answer of /environments. */
export interface EnvironmentList {
  environments: ListedEnvironment[];
  completeness: Completeness;
}
