import { type Operation, operation } from '../operation.ts';
import { type Parameters, pathParameter } from '../parameters.ts';

/** The placeholder of paths below `/environments/{name}`. */
export const ENVIRONMENT_NAME = pathParameter(
  'name of the MWAA environment; one with a slash goes into the parameter environment of /events',
);

/**
 * Returns an operation on all events, and its twin below `/environments/{name}`, which can read nothing but events of that
 * environment. If environments are a criterion of the operation, the path gives it to the twin.
 */
export function withTwin<P extends Parameters>(definition: Operation<P>): readonly [Operation, Operation] {
  const whole = operation(definition);
  const { environment, ...others } = whole.parameters;
  const twin: Operation = {
    ...whole,
    id: `${whole.id}OfEnvironment`,
    path: `/environments/{name}${whole.path}`,
    summary: `${whole.summary}, of one environment`,
    parameters: { name: ENVIRONMENT_NAME, ...others },
    answer: ({ name, ...values }, deps) =>
      whole.answer(environment === undefined ? values : { ...values, environment: [name] }, {
        ...deps,
        environment: String(name),
      }),
  };
  return [whole, twin];
}
