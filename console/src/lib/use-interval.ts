import { useEffect, useRef } from 'react';

/** Calls a function again and again while the page is visible. @param milliseconds undefined: not at all */
export function useInterval(milliseconds: number | undefined, call: () => void): void {
  const latest = useRef(call);
  useEffect(() => {
    latest.current = call;
  });
  useEffect(() => {
    if (milliseconds === undefined) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') latest.current();
    }, milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}
