import { only, type Parameter, type Values } from '../parameters.ts';

/** The placeholder of paths below `/environments/{name}`. */
export const ENVIRONMENT_NAME: Parameter = {
  name: 'name',
  in: 'path',
  says: 'name of the MWAA environment; one with a slash goes into the parameter environment of /events',
  schema: { type: 'string', minLength: 1 },
};

/** The criterion that the path names. */
export function environmentIn(values: Values): string[] {
  return [only(values, ENVIRONMENT_NAME.name) ?? ''];
}
