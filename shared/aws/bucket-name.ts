/**
 * Returns why a name is not that of a bucket: it names an access point, or is an ARN. Returns undefined for all others.
 * Log files are identified by their bucket's name. Digests, notifications and the ledger name no access point, so through one
 * everything would be stored twice.
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
