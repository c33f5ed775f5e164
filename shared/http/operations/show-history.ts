import type { History } from '../../query/configuration.ts';
import { answerHistory, openHistory } from '../../query/history.ts';
import { historyColumns, historyCsv, historyJson } from '../../render/history-data.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { listOf, operation } from '../operation.ts';
import { A_TIME, CRITERIA_PARAMETERS, timeParameter } from '../parameters.ts';
import { ENVIRONMENT_NAME } from './twin.ts';

export const showHistory = operation({
  id: 'showHistory',
  path: '/environments/{name}/history',
  summary: "The changes of an environment's configuration, or what it was at a time",
  description:
    'From the requests that created, updated and deleted it; denied and failed ones have an outcome of their own, and no effect. ' +
    'A request that MWAA accepted (ok) may still fail later: its result tells that, if status changes are stored. ' +
    'Values are as CloudTrail recorded them, every digit of a number included.',
  parameters: {
    name: ENVIRONMENT_NAME,
    account: CRITERIA_PARAMETERS.account,
    region: CRITERIA_PARAMETERS.region,
    since: CRITERIA_PARAMETERS.since,
    until: CRITERIA_PARAMETERS.until,
    at: timeParameter(`the configuration at this time, without since and until: ${A_TIME}`),
  },
  formats: ALL_FORMATS,
  schemas: { json: 'HistoryList', line: 'History' },
  async answer({ name, ...others }, deps) {
    const question = openHistory({ environment: name, ...others }, deps.now());
    const histories = await answerHistory(question, deps);
    const toJson = (history: History) => historyJson(history, question);
    const toCsv = (history: History) => historyCsv(history, question);
    const list = listOf(histories, { json: toJson, columns: historyColumns(question), csv: toCsv }, {});
    return { body: { ...list, json: () => `[${histories.map(toJson).join(',')}]` } };
  },
});
