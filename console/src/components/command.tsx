import { CopyText } from './copy.tsx';
import './command.css';

/** A command line that does the same as what the page shows, to copy. */
export function Command({ text }: { text: string }) {
  return (
    <div className="command">
      <CopyText what="the command" text={text} />
    </div>
  );
}
