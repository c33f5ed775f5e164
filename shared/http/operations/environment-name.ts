import { CRITERIA_PARAMETERS, pathParameter } from '../parameters.ts';

/** The placeholder of paths below `/environments/{name}`. */
export const ENVIRONMENT_NAME = pathParameter(
  'name of the MWAA environment; one with a slash goes into the parameter environment of /events',
);

const { environment: _, ...others } = CRITERIA_PARAMETERS;
/** The criteria of a path that has named the environment itself. */
export const CRITERIA_IN_ENVIRONMENT = others;
