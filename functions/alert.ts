import { setTimeout } from 'node:timers/promises';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { Alerter } from '../shared/alert/alerter.ts';
import { ALERT_LIMITS } from '../shared/alert/once.ts';
import { TableState } from '../shared/alert/table-state.ts';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { createClient } from '../shared/aws/settings.ts';
import { readAlertConfig } from '../shared/config.ts';
import { LEVELS } from '../shared/detect/level.ts';
import { type RuleFolder, readRules } from '../shared/detect/read-rules.ts';
import { createAlertHandler } from './alert-handler.ts';
import { createAlertTelemetry } from './alert-telemetry.ts';

/** The rules, which build.mjs writes into the bundle: ours, and those of the folder `rules`. */
declare const RULE_FOLDERS: readonly RuleFolder[];

const { stateTable, bus, topic, level, stack, ...tables } = readAlertConfig(process.env, LEVELS);
const dynamo = createDynamoClient();
const table = { dynamo, name: stateTable };
const destinations = {
  ...{ bus, topic, level, stack, sleep: setTimeout },
  sns: createClient(SNSClient, { limits: ALERT_LIMITS }),
  events: createClient(EventBridgeClient, { limits: ALERT_LIMITS }),
};
const { rules } = readRules(RULE_FOLDERS);
const state = new TableState(table, { dynamo, tables, now: Date.now });

/** The Lambda function that sends what is new, and what rules find in it. */
export const handler = createAlertHandler(
  {
    alerter: new Alerter(rules, state, destinations),
    destinations,
    table,
    tables,
    now: Date.now,
    sleep: setTimeout,
  },
  createAlertTelemetry(process.env.POWERTOOLS_METRICS_NAMESPACE),
);
