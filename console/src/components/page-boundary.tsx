import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import { Component, type ReactNode } from 'react';

/**
 * Keeps the frame when a page cannot be loaded, because `serve` was stopped or started again with other files. It needs a key of the
 * page, so that another page is tried.
 */
export class PageBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <Alert
        type="error"
        header="This page cannot be shown"
        action={<Button onClick={() => location.reload()}>Load the console again</Button>}
      >
        mwaa-trail serve may have been stopped. Start it again, and open the address that it prints.
      </Alert>
    );
  }
}
