import { type RefObject, useEffect, useRef, useState } from 'react';

/** Tells whether an element was visible at any time since it is there: what it shows is asked for only then. */
export function useVisible<E extends Element>(): { ref: RefObject<E | null>; wasVisible: boolean } {
  const ref = useRef<E>(null);
  const [wasVisible, setWasVisible] = useState(false);
  useEffect(() => {
    if (wasVisible || ref.current === null) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setWasVisible(true);
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [wasVisible]);
  return { ref, wasVisible };
}
