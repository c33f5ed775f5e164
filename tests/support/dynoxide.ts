import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import type { EmbeddedDynamo } from '../../local/embedded-dynamodb.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/local-names.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';

/**
 * Where the program of a second DynamoDB of another code base is, which refuses more of what AWS refuses than the embedded
 * one; nothing on machines for which there is none.
 */
export function dynoxideProgram(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `@dynoxide/${process.platform}-${process.arch}/package.json`,
    );
    return join(dirname(manifest), 'dynoxide');
  } catch {
    return undefined;
  }
}

/** Any DynamoDB that a test has started. */
export type DynamoServer = Pick<EmbeddedDynamo, 'endpoint' | 'client' | 'stop'>;

/** Starts it, in memory and without tables. */
export async function startDynoxide(program: string): Promise<DynamoServer> {
  const port = await freePort();
  const child = spawn(program, ['serve', '--port', String(port)], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const endpoint = `http://127.0.0.1:${port}`;
  const client = createDynamoClient({ endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS });
  await untilReady(() => client.send(new ListTablesCommand({})));
  return {
    endpoint,
    client,
    stop: async () => {
      client.destroy();
      child.kill();
      await ended;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

async function untilReady(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ask();
      return;
    } catch (error) {
      if (attempt === 20) throw error;
      await setTimeout(50);
    }
  }
}

/**
 * Two DynamoDBs of different code bases: what holds in both hardly rests on a peculiarity of one.
 * @param embedded the one that all tests share
 */
export function dynamoImplementations(embedded: Pick<DynamoServer, 'endpoint' | 'client'>) {
  const program = dynoxideProgram();
  return [
    { name: 'dynalite', start: async (): Promise<DynamoServer> => ({ ...embedded, stop: async () => {} }) },
    ...(program === undefined ? [] : [{ name: 'dynoxide', start: () => startDynoxide(program) }]),
  ];
}
