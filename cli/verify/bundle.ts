import { readFile } from 'node:fs/promises';
import { TrailError } from '../../shared/errors.ts';
import { type Evidence, type EvidenceReport, readEvidence, verifyEvidence } from '../../shared/integrity/evidence.ts';
import { givenKeys, type KeysByRegion, readPublicKeys } from '../../shared/integrity/public-keys.ts';
import { evidenceJson, evidenceText } from '../../shared/render/evidence.ts';
import { type Context, EXIT } from '../lib/command.ts';
import { fileError } from '../lib/file-error.ts';
import { write } from '../lib/output.ts';

/** Verifies an evidence bundle. @returns the exit code */
export async function verifyBundle(
  file: string,
  { publicKeys, format }: { publicKeys?: string; format: 'table' | 'json' },
  context: Context,
): Promise<number> {
  const text = await readFile(file, 'utf8').catch(
    fileError(file, 's3://BUCKET[/PREFIX], or the file of an evidence bundle'),
  );
  const trusted = publicKeys === undefined ? undefined : givenKeys(await readKeys(publicKeys));
  return printEvidence(await verifyEvidence(readNamed(file, text), trusted), format, trusted === undefined, context);
}

function readNamed(file: string, text: string): Evidence {
  try {
    return readEvidence(text);
  } catch (error) {
    if (!(error instanceof TrailError)) throw error;
    throw new TrailError(error.code, `${file}: ${error.message}`, { cause: error });
  }
}

/** Prints the report on evidence for an event. @param ownKeys whether the keys are those of the bundle itself @returns the exit code */
export async function printEvidence(
  result: EvidenceReport,
  format: 'table' | 'json',
  ownKeys: boolean,
  { out }: Context,
): Promise<number> {
  await write(out, format === 'json' ? evidenceJson(result) : evidenceText(result, ownKeys));
  return result.problems.length === 0 ? EXIT.done : EXIT.failed;
}

/** Reads the file of `--public-keys`. @throws {TrailError} `public-keys`, `file` */
export async function readKeys(file: string): Promise<KeysByRegion> {
  return readPublicKeys(await readFile(file, 'utf8').catch(fileError(file, 'a file of public keys')));
}
