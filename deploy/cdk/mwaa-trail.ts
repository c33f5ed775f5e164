import { join } from 'node:path';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { Construct } from 'constructs';

export interface MwaaTrailProps {
  /** The folder with the files of a release. */
  readonly release: string;
  /** Call the stack `mwaa-trail-STAGE`: the program finds it by this name. */
  readonly stage: string;
  /** Parameters of the template, such as `{ Source: 'bucket', LogBucketName: 'our-trail' }`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** The logical IDs of the functions in the template, by the names of their zip files. */
const FUNCTIONS = {
  ingest: 'IngestLambdaFunction',
  query: 'QueryLambdaFunction',
  verify: 'VerifyLambdaFunction',
  alert: 'AlertLambdaFunction',
  export: 'ExportLambdaFunction',
} as const;

/** All resources of a release's template. Its zip files are assets of the CDK, which uploads them. */
export class MwaaTrail extends Construct {
  /** For what else refers to a resource: `template.getResource('AlertTopic')`. */
  readonly template: CfnInclude;

  constructor(scope: Construct, id: string, { release, stage, parameters = {} }: MwaaTrailProps) {
    super(scope, id);
    this.template = new CfnInclude(this, 'Template', {
      templateFile: join(release, 'mwaa-trail.template.json'),
      // The bucket is that of the assets, below.
      parameters: { ...parameters, Stage: stage, ArtifactBucket: 'unused', ArtifactPrefix: 'unused/' },
    });
    for (const [name, logicalId] of Object.entries(FUNCTIONS)) {
      const { s3BucketName, s3ObjectKey } = new Asset(this, name, { path: join(release, `${name}.zip`) });
      const lambda = this.template.getResource(logicalId) as CfnFunction;
      lambda.code = { s3Bucket: s3BucketName, s3Key: s3ObjectKey };
    }
  }
}
