import { expect, test } from '@jest/globals';
import { doctorCommand, PROBLEMS, verificationRemedies } from '../../console/src/pages/trust/remedies.ts';

type Store = Parameters<typeof doctorCommand>[0];

const LOCAL: Store = { source: { kind: 'local', name: '.mwaa-trail' }, storeFlags: [] };
const STACK: Store = { source: { kind: 'table', name: 'prod' }, storeFlags: ['--stack', 'prod', '--profile', 'audit'] };
const TABLE: Store = {
  source: { kind: 'table', name: 'events' },
  storeFlags: ['--table', 'events', '--profile', 'audit'],
};
const API: Store = { source: { kind: 'api', name: 'https://api.example' }, storeFlags: [] };

const commandsFor = (state: string, store: Store) =>
  PROBLEMS.filter(({ states }) => states.some((own) => own === state))
    .flatMap(({ remedies }) => remedies(store))
    .map(({ command }) => command);

test.each([
  ['quarantined', LOCAL, 'mwaa-trail quarantine replay ID'],
  ['quarantined', STACK, 'mwaa-trail quarantine show ID --stack prod --profile audit'],
  ['records-quarantined', TABLE, 'mwaa-trail quarantine list --table events --profile audit --bucket BUCKET'],
  ['quarantined', API, 'mwaa-trail quarantine replay --all --dry-run --stack STACK'],
  ['failed', LOCAL, 'mwaa-trail replay PATH'],
  ['failed', STACK, 'mwaa-trail redrive --dry-run --stack prod --profile audit'],
  ['failed', TABLE, 'mwaa-trail redrive --queue QUEUE --profile audit'],
  ['failed', API, 'mwaa-trail redrive --stack STACK'],
  ['not-as-signed', STACK, 'mwaa-trail verify s3://TRAIL-BUCKET --since 7d --stack prod --profile audit'],
])('%s: of %j', (state, store, command) => {
  expect(commandsFor(state, store)).toContain(command);
});

test.each([
  [STACK, 'mwaa-trail doctor --stack prod --profile audit'],
  [TABLE, 'mwaa-trail doctor --stack STACK --profile audit'],
  [API, 'mwaa-trail doctor --stack STACK'],
])('the doctor of %j', (store, command) => {
  expect(doctorCommand(store)).toBe(command);
});

test('what was never verified can be', () => {
  expect(verificationRemedies(LOCAL).map(({ command }) => command)).toEqual(['mwaa-trail verify s3://TRAIL-BUCKET']);
});
