/**
 * What is wrong with a name that should be that of a bucket, when it is that of an access point, or an ARN; undefined when
 * nothing is. Log files are known by the name of their bucket: digests, notifications and the ledger name no access point,
 * so through one everything would be there twice.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html (reserved suffixes)
 */
export function bucketNameProblem(name: string): string | undefined {
  const arn = /^arn:[^:]*:(s3[^:]*):[^:]*:([^:]*):(.+)$/s.exec(name);
  if (arn === null) return ALIAS.test(name) ? `${name}: ${EXPECTATION}` : undefined;
  const [, , account = '', resource = ''] = arn;
  const accessPoint = /^accesspoint[/:]([^/:]+)/.exec(resource)?.[1];
  if (accessPoint === undefined) return `${name}: expected the name of a bucket, found an ARN`;
  return `${name}: ${EXPECTATION}${account === '' || ALIAS.test(accessPoint) ? '' : `; aws s3control get-access-point --account-id ${account} --name ${accessPoint} shows it`}`;
}

const EXPECTATION = 'expected the name of the bucket itself, found an access point of one';
const ALIAS = /(-s3alias|--ol-s3|\.mrap|--op-s3)$/;
