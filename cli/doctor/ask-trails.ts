import {
  type CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  type Trail,
} from '@aws-sdk/client-cloudtrail';
import { type Answer, ask } from './answer.ts';
import type { Clients } from './clients.ts';
import type { TrailFacts } from './facts.ts';

/** All trails that are seen in this Region: those of other Regions that cover it, and the organisation's, too. */
export async function askTrails(cloudTrail: CloudTrailClient): Promise<Answer<Trail[]>> {
  return ask('cloudtrail:DescribeTrails', async () => {
    const { trailList = [] } = await cloudTrail.send(new DescribeTrailsCommand({ includeShadowTrails: true }));
    return trailList;
  });
}

/** A trail with its state and selectors, asked for in its home Region by its ARN, which an organisation's members need. */
export async function askTrail({ cloudTrailIn }: Clients, trail: Trail, region: string): Promise<TrailFacts> {
  const cloudTrail = cloudTrailIn(trail.HomeRegion ?? region);
  const [status, selectors] = await Promise.all([
    ask('cloudtrail:GetTrailStatus', () => cloudTrail.send(new GetTrailStatusCommand({ Name: trail.TrailARN }))),
    ask('cloudtrail:GetEventSelectors', () =>
      cloudTrail.send(new GetEventSelectorsCommand({ TrailName: trail.TrailARN })),
    ),
  ]);
  return { trail, status, selectors };
}
