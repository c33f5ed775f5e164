import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How an invocation ended. */
export type Outcome =
  | { kind: 'response'; body: unknown }
  | { kind: 'error'; errorType: string; errorMessage: string }
  /** The process ended, and nothing was said of the invocation. */
  | { kind: 'exit'; code: number | null };

export interface FunctionError {
  errorType: string;
  errorMessage: string;
}

interface Invocation {
  id: string;
  event: unknown;
  milliseconds: number;
  end(outcome: Outcome): void;
}

/** Of an event, and of a response. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/**
 * Lambda's Runtime API for one execution environment, which gets one invocation after the other.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  /** Settled when the function is ready, or has told why it cannot be. */
  readonly initialised: Promise<FunctionError | undefined>;
  private initDone: (error: FunctionError | undefined) => void = () => {};
  private waiting: ServerResponse | undefined;
  private current: Invocation | undefined;
  private count = 0;
  private exit: { code: number | null } | undefined;
  private readonly queue: Invocation[] = [];
  private readonly server = createServer((incoming, outgoing) => {
    // The process may be gone.
    this.answer(incoming, outgoing).catch(() => outgoing.destroy());
  });

  constructor() {
    this.initialised = new Promise((resolve) => {
      this.initDone = resolve;
    });
  }

  /** Returns host and port, for AWS_LAMBDA_RUNTIME_API. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** @param milliseconds until the function would be stopped, from when it gets the event */
  invoke(event: unknown, milliseconds: number): Promise<Outcome> {
    return new Promise((resolve) => {
      this.count += 1;
      this.queue.push({ id: `request-${this.count}`, event, milliseconds, end: resolve });
      if (this.exit) this.exited(this.exit.code);
      else this.handOut();
    });
  }

  /** The process has ended. */
  exited(code: number | null): void {
    this.initDone({ errorType: 'Runtime.ExitError', errorMessage: `exit status ${code}` });
    this.exit = { code };
    this.end({ kind: 'exit', code });
    for (const invocation of this.queue.splice(0)) invocation.end({ kind: 'exit', code });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await textOf(incoming);
    const route = `${incoming.method} ${incoming.url?.replace('/2018-06-01/runtime', '')}`;
    if (route === 'GET /invocation/next') {
      this.initDone(undefined);
      this.waiting = outgoing;
      this.handOut();
      return;
    }
    if (route === 'POST /init/error') this.initDone(JSON.parse(body) as FunctionError);
    else if (route === `POST /invocation/${this.current?.id}/response`) this.end(responseOf(body));
    else if (route === `POST /invocation/${this.current?.id}/error`) {
      this.end({ kind: 'error', ...(JSON.parse(body) as FunctionError) });
    } else throw new Error(`the Runtime API has no ${route} now`);
    outgoing.writeHead(202).end();
  }

  private handOut(): void {
    const next = this.waiting && this.queue.shift();
    if (!next) return;
    this.current = next;
    this.waiting?.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': next.id,
      'lambda-runtime-deadline-ms': String(Date.now() + next.milliseconds),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:111122223333:function:mwaa-trail-test',
      'lambda-runtime-trace-id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0',
    });
    this.waiting?.end(JSON.stringify(next.event));
    this.waiting = undefined;
  }

  private end(outcome: Outcome): void {
    this.current?.end(outcome);
    this.current = undefined;
  }
}

function responseOf(body: string): Outcome {
  const errorMessage = 'Response payload size exceeded maximum allowed payload size';
  if (Buffer.byteLength(body) > MAX_PAYLOAD_BYTES) {
    return { kind: 'error', errorType: 'Function.ResponseSizeTooLarge', errorMessage };
  }
  return { kind: 'response', body: JSON.parse(body) };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
