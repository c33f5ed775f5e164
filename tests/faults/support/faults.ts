import type { Random } from '../../support/random.ts';
import type { Answer, Fault, PassingRequest, Script, Sending } from './fault-proxy.ts';

/** Answers instead of the server, which never hears of the request. */
export const instead =
  (answer: Answer): Fault =>
  (exchange) =>
    exchange.answer(answer);

/** Lets the server do the work, and only then lets the fault happen. */
export const afterApplied =
  (fault: Fault): Fault =>
  async (exchange) => {
    await exchange.forward();
    await fault(exchange);
  };

/** Does something before the request passes. */
export const first =
  (what: () => Promise<unknown>, then: Fault = passes): Fault =>
  async (exchange) => {
    await what();
    await then(exchange);
  };

const passes: Fault = async (exchange) => exchange.answer(await exchange.forward());
export const reset: Fault = (exchange) => exchange.hangUp('reset');
export const fin: Fault = (exchange) => exchange.hangUp('fin');
/** The request arrives, but is never answered. */
export const blackHole: Fault = () => {};
/** The answer is sent byte by byte without an end: the connection is never idle. */
export const trickle: Fault = async (exchange) => {
  await exchange.forward();
  exchange.trickle();
};

/** The server's answer, cut or framed in another way. */
export const sent =
  (sending: Sending): Fault =>
  async (exchange) => {
    const answer = await exchange.forward();
    if (answer.status >= 300) exchange.answer(answer);
    else exchange.send(answer, sending);
  };

/** From an object that was stored without a checksum, so that the SDK has nothing to compare. */
export const withoutChecksum =
  (fault: Fault): Fault =>
  (exchange) =>
    fault({ ...exchange, forward: async () => stripChecksums(await exchange.forward()) });

function stripChecksums(answer: Answer): Answer {
  const kept = Object.entries(answer.headers).filter(([name]) => !name.startsWith('x-amz-checksum'));
  return { ...answer, headers: Object.fromEntries(kept) };
}

/** The server's answer with another body. */
export const withBody =
  (change: (body: Buffer) => Buffer): Fault =>
  async (exchange) => {
    const answer = await exchange.forward();
    exchange.answer(answer.status >= 300 ? answer : { ...answer, body: change(answer.body) });
  };

/** One bit of the body is another. */
export const flippedBit = (bit: number): Fault => withBody((body) => withFlippedBit(body, bit));

export function withFlippedBit(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  const at = Math.floor(bit / 8) % bytes.length;
  flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (bit % 8)), at);
  return flipped;
}

export function s3Error(status: number, code: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>made up</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) };
}

export function dynamoError(status: number, code: string, more: object = {}): Answer {
  const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: 'made up', ...more });
  return { status, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Buffer.from(body) };
}

export type ThrottlingError = 'ProvisionedThroughputExceededException' | 'RequestLimitExceeded' | 'ThrottlingException';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-diagnosing.html */
export function throttled(
  resource = 'arn:aws:dynamodb:us-east-1:111122223333:table/events',
  error: ThrottlingError = 'ThrottlingException',
): Answer {
  const member = error === 'ThrottlingException' ? 'throttlingReasons' : 'ThrottlingReasons';
  return dynamoError(400, error, { [member]: [{ reason: 'TableWriteKeyRangeThroughputExceeded', resource }] });
}

export const WRITES: ReadonlySet<string> = new Set([
  'PutItem',
  'UpdateItem',
  'BatchExecuteStatement',
  'PutObject',
  'CopyObject',
]);

type Predicate = (request: PassingRequest) => boolean;

export const isOperation =
  (operation: string, target?: string): Predicate =>
  (request) =>
    request.operation === operation && (target === undefined || request.target === target);

export const isWrite: Predicate = ({ operation }) => WRITES.has(operation);

/** All requests of a kind fail. */
export const always =
  (predicate: Predicate, fault: Fault): Script =>
  (request) =>
    predicate(request) ? fault : undefined;

/** The requests of a kind fail by these faults, one after the other; then they pass. */
export function inTurn(predicate: Predicate, ...faults: readonly (Fault | undefined)[]): Script {
  const left = [...faults];
  return (request) => (predicate(request) ? left.shift() : undefined);
}

/** Some of the requests fail, each in one of these ways. */
export const sometimes =
  (random: Random, probability: number, predicate: Predicate, faults: readonly Fault[]): Script =>
  (request) =>
    predicate(request) && random.chance(probability) ? random.pick(faults) : undefined;

/** The first script that has a fault for a request decides. */
export const eitherOf =
  (...scripts: readonly Script[]): Script =>
  (request) => {
    for (const script of scripts) {
      const fault = script(request);
      if (fault) return fault;
    }
    return undefined;
  };
