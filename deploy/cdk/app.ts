/** `npx cdk deploy --app 'node app.ts'`, beside the files of a release. */
import { App, Stack } from 'aws-cdk-lib';
import { MwaaTrail } from './mwaa-trail.ts';

const stage = 'prod';
const app = new App();
const stack = new Stack(app, `mwaa-trail-${stage}`, { terminationProtection: true });
new MwaaTrail(stack, 'MwaaTrail', {
  release: '..',
  stage,
  parameters: { Source: 'bucket', LogBucketName: 'YOUR-TRAIL-BUCKET', AlarmEmailAddress: 'security@example.com' },
});
