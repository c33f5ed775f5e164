/** A record of an ordinary call of MWAA, as CloudTrail writes it, with these members besides or in place of its own. */
export function mwaaRecord(eventID: string, members: object = {}) {
  return {
    eventVersion: '1.11',
    userIdentity: { type: 'IAMUser', userName: 'ana', arn: 'arn:aws:iam::111122223333:user/ana' },
    eventTime: '2026-11-02T09:15:00Z',
    eventSource: 'airflow.amazonaws.com',
    eventName: 'UpdateEnvironment',
    awsRegion: 'eu-west-1',
    requestParameters: { Name: 'prod-etl' },
    eventID,
    recipientAccountId: '111122223333',
    ...members,
  };
}
