import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';

/** A command line, to copy. */
export function Command({ text }: { text: string }) {
  return (
    <span className="code">
      <CopyToClipboard
        variant="inline"
        textToCopy={text}
        copyButtonAriaLabel={`Copy ${text}`}
        copySuccessText="Command copied"
        copyErrorText="The browser did not allow it"
      />
    </span>
  );
}
