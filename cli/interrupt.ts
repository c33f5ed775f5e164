/** Comes with the first Ctrl-C; a second one ends the process. */
export function interruptSignal(onInterrupt: () => void = () => {}): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    onInterrupt();
    controller.abort();
  });
  return controller.signal;
}
