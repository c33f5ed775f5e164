import { useEffect } from 'react';

/** What has a use of its own for Escape. */
const OWN_ESCAPE =
  'input, textarea, [role=dialog], [role=menu], [role=listbox], [role=toolbar], button[aria-expanded=true]';

/** Calls when somebody presses Escape. @param call a function that stays the same */
export function useEscape(call: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      const { target } = event;
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      if (target instanceof Element && target.closest(OWN_ESCAPE) !== null) return;
      call();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [call]);
}
