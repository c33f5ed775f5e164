import { createContext, type ReactNode, use, useEffect } from 'react';

/** What a page shows in the split panel, and how it takes it away. */
export interface SplitPanelContent {
  element: ReactNode;
  close(): void;
}

type SetPanel = (content: SplitPanelContent | undefined) => void;

const SplitPanelContext = createContext<SetPanel>(() => {});

export const SplitPanelSlot = SplitPanelContext;

/** Shows content in the split panel of the frame for as long as the page shows it. */
export function useSplitPanel(content: SplitPanelContent | undefined): void {
  const setPanel = use(SplitPanelContext);
  useEffect(() => {
    setPanel(content);
  }, [setPanel, content]);
  useEffect(() => () => setPanel(undefined), [setPanel]);
}
