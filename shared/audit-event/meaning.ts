import { defined } from '../defined.ts';
import { type Access, type ActionCode, accessOf } from './actions.ts';
import { airflowRole, operationOf } from './operations.ts';
import { type Outcome, outcomeOf, statusCodeOf } from './outcome.ts';
import { booleanAt, type JsonRecord, stringAt } from './record-fields.ts';
import { parameterNames, parameterText } from './request-parameters.ts';
import { type Act, methodAccess, restCall, withoutQuery } from './rest-call.ts';

/** What was done, to what inside the environment, and how it ended. */
export interface Meaning {
  /** A code of `ACTIONS`, `REST METHOD PATH` for an unknown route, or the name of an unknown operation. */
  action: string;
  /** A DAG, a connection, tag keys, changed parameters; several parts are joined. */
  target?: string;
  access: Access;
  outcome: Outcome;
  /** Sorted names of the request's parameters, without those that name the environment. */
  parameters: string[];
  /** Airflow's HTTP status. */
  statusCode?: number;
}

/** @param record parsed, after redaction: what is masked there stays masked */
export function meaningOf(record: JsonRecord): Meaning {
  return defined({
    ...actOf(record),
    outcome: outcomeOf(record),
    parameters: parameterNames(record),
    statusCode: statusCodeOf(record),
  });
}

function actOf(record: JsonRecord): Act {
  const operation = operationOf(record);
  if (!operation) return unknownOperation(record);
  if (operation.action === REST_CALL) return restAct(record);
  return { action: operation.action, access: accessOf(operation.action), target: operation.target(record) };
}

const REST_CALL = 'rest-api.invoke' satisfies ActionCode;

/** A call of Airflow's REST API. One that lacks the method or the path is no route: a denied call may have no parameters. */
function restAct(record: JsonRecord): Act {
  const method = parameterText(record, 'Method');
  const path = parameterText(record, 'Path');
  if (method !== undefined && path !== undefined) return restCall(method, path);
  return {
    action: REST_CALL,
    access: method === undefined ? 'write' : methodAccess(method),
    target: path === undefined ? airflowRole(record) : withoutQuery(path) || undefined,
  };
}

/** CloudTrail's own word is all there is, or else the first word of the name. */
function unknownOperation(record: JsonRecord): Act {
  const name = stringAt(record, 'eventName') ?? 'unknown';
  const isRead = booleanAt(record, 'readOnly') ?? /^(?:Get|List|Describe)(?![a-z])/.test(name);
  return { action: name, access: isRead ? 'read' : 'write', target: undefined };
}
