// AssemblyScript, compiled to WebAssembly by `npm run build:wasm`; see kernel.ts. The parts work in the same memory.

import { movedText } from './inflate.as';
import { movedElements } from './skimmer.as';

export { input, INPUT_BYTES, MARGIN, OVERRUN, position, textEnd, checksum, beginStream, inflate } from './inflate.as';
export { crc32 } from './checksum.as';
export {
  candidates,
  suspectUnits,
  boundary,
  elementCount,
  candidateCount,
  configure,
  beginElements,
  skim,
} from './skimmer.as';

/** The first free byte of the memory. All that follows is for wanted names and the text. */
export const free: usize = __heap_base;

/** Moves the text between `from` and `end` down to `start`. */
export function moveText(start: usize, from: usize, end: usize): void {
  memory.copy(start, from, end - from);
  movedText(from - start, start);
  movedElements(from - start);
}
