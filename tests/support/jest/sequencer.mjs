import Sequencer from '@jest/test-sequencer';

/** The files that take longest, in this order: begun last, one would keep the run waiting. A clean checkout has no record of times. */
const LONGEST = [
  'console/browser/accessible',
  'readme',
  'console/browser/events',
  'local/shared-store',
  'faults/bad-input',
  'integrity/verify-bucket',
  'console/browser/tasks',
  'bundles',
  'console/browser/hostile',
  'cli/replay',
  'cli/aws-settings',
  'faults/killed',
  'aws/dynamodb',
  'deploy/template',
  'alert/alert',
  'console/browser/start',
  'cli/redrive',
  'http/openapi',
  'faults/serve-soak',
  'cli/quarantine',
  'runtime/ingest',
  'deploy/permissions',
  'cli/serve-process',
  'functions/ingest',
  'functions/verify',
  'cli/doctor/doctor',
  'functions/query',
  'deploy/one-environment',
  'faults/backfill',
  'faults/reading',
  'cli/backfill',
  'faults/writing',
  'console/browser/many-events',
  'cli/doctor/preflight',
  'local/listening',
  'records/record-scanner',
].map((name) => `/tests/${name}.test.ts`);

const rankOf = ({ path }) => {
  const at = LONGEST.findIndex((ending) => path.endsWith(ending));
  return at < 0 ? LONGEST.length : at;
};

export default class extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => rankOf(a) - rankOf(b));
  }
}
