import { type Random, seededRandom } from '../../support/random.ts';
import type { Servers } from '../../support/servers.ts';
import type { PutFile } from '../../support/world.ts';
import { acknowledgedOnlyWhenStored, bodiesOf, createFaultWorld, type FaultWorld, upload } from './fault-world.ts';
import { type Drained, drain, type QueueOptions } from './queue.ts';
import { generateScenario, type Scenario, type Shape } from './scenario.ts';

/** A world with the files of a scenario in its bucket. */
export interface Run {
  world: FaultWorld;
  scenario: Scenario;
  files: PutFile[];
  random: Random;
  /** Delivers all files until each is acknowledged or dead. */
  deliver(maxReceives?: number): Promise<Drained>;
}

/** Makes a world for a run, in which some files are read twice, and stops it after. */
export async function inScenario(
  servers: Servers,
  { seed, shape, timeOut }: { seed: number; shape: Shape; timeOut?: number | undefined },
  run: (run: Run) => Promise<void>,
  delivery: (random: Random) => QueueOptions = () => ({}),
): Promise<void> {
  const random = seededRandom(seed);
  const scenario = generateScenario(seed, shape);
  const world = await createFaultWorld(servers, random.chance(0.3) ? { maxHeldBytes: 0 } : {}, timeOut);
  try {
    const files = await upload(world, scenario.files);
    const onAcknowledge = acknowledgedOnlyWhenStored(world, scenario);
    const deliver = (maxReceives = 5) =>
      drain(bodiesOf(files), world.handle, { maxReceives, onAcknowledge, ...delivery(random) });
    await run({ world, scenario, files, random, deliver });
  } finally {
    await world.stop();
  }
}
