import {
  type EventSourceMappingConfiguration,
  type FunctionConfiguration,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  type LambdaClient,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';
import { type Answer, ask, askWith } from './answer.ts';

/** The function's state and environment. */
export function askFunction(lambda: LambdaClient, name: Answer<string>): Promise<Answer<FunctionConfiguration>> {
  return askWith(name, (FunctionName) =>
    ask('lambda:GetFunctionConfiguration', () => lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))),
  );
}

/** How many executions are reserved for the function. */
export function askConcurrency(lambda: LambdaClient, name: Answer<string>): Promise<Answer<number | undefined>> {
  return askWith(name, (FunctionName) =>
    ask('lambda:GetFunctionConcurrency', async () => {
      const answer = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
      return answer.ReservedConcurrentExecutions;
    }),
  );
}

/** From where Lambda brings messages to the function. */
export function askMappings(
  lambda: LambdaClient,
  name: Answer<string>,
): Promise<Answer<EventSourceMappingConfiguration[]>> {
  return askWith(name, (FunctionName) =>
    ask('lambda:ListEventSourceMappings', async () => {
      const mappings: EventSourceMappingConfiguration[] = [];
      for await (const page of paginateListEventSourceMappings({ client: lambda }, { FunctionName })) {
        mappings.push(...(page.EventSourceMappings ?? []));
      }
      return mappings;
    }),
  );
}

/** Who may invoke the function, as JSON. */
export function askFunctionPolicy(lambda: LambdaClient, name: Answer<string>): Promise<Answer<string>> {
  return askWith(name, (FunctionName) =>
    ask('lambda:GetPolicy', async () => (await lambda.send(new GetPolicyCommand({ FunctionName }))).Policy ?? ''),
  );
}
