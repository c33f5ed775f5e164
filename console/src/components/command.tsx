import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';

/** A command line that does the same as what the page shows, to copy. */
export function Command({ text }: { text: string }) {
  return (
    <div className="command code">
      <CopyToClipboard
        variant="inline"
        textToCopy={text}
        copyButtonAriaLabel="Copy the command"
        copySuccessText="Command copied"
        copyErrorText="The browser did not allow it"
      />
    </div>
  );
}
