import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';

const MESSAGES = {
  copySuccessText: 'Copied',
  copyErrorText: 'The browser did not allow it',
  popoverRenderWithPortal: true,
};

/** A button that copies something that is not shown as it is copied. @param what follows "Copy" */
export function CopyButton({ what, text }: { what: string; text: string }) {
  return <CopyToClipboard variant="button" copyButtonText={`Copy ${what}`} textToCopy={text} {...MESSAGES} />;
}

/** A text to copy, such as a command. @param what follows "Copy" */
export function CopyText({ what, text }: { what: string; text: string }) {
  return (
    <CopyToClipboard
      variant="inline"
      copyButtonAriaLabel={`Copy ${what}`}
      textToCopy={text}
      textToDisplay={<span className="code">{text}</span>}
      {...MESSAGES}
    />
  );
}
