import { CRITERIA_PARAMETERS, pathParameter } from '../parameters.ts';

/** The placeholder of paths below `/environments/{name}`, and the criteria that are left when the path names it. */
export const ENVIRONMENT_NAME = pathParameter(
  'name of the MWAA environment; one with a slash goes into the parameter environment of /events',
);
export const { environment: _, ...CRITERIA_IN_ENVIRONMENT } = CRITERIA_PARAMETERS;
