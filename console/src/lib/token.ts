// The token that each request needs. `serve` prints an address with it; the page takes it out of the address, so that it gets into no
// bookmark, screenshot or shared link.

const KEY = 'mwaa-trail-token';
const CHANNEL = 'mwaa-trail-token';
/** How long other tabs have to answer, in milliseconds. */
const PATIENCE = 300;

/**
 * Returns the token: from the address, from this tab's earlier pages, or from another open tab; undefined if none has it.
 * From then on, this tab gives it to new ones.
 */
export async function findToken(): Promise<string | undefined> {
  const [, given] = /^#token=([\w-]+)$/.exec(location.hash) ?? [];
  if (given !== undefined) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, '', `${location.pathname}#/`);
  }
  const token = given ?? sessionStorage.getItem(KEY) ?? (await askOtherTabs());
  if (token !== undefined) share(token);
  return token;
}

/** Forgets a token that the server refused. */
export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}

/** Only pages of this origin hear it. */
function share(token: string): void {
  sessionStorage.setItem(KEY, token);
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    const current = sessionStorage.getItem(KEY);
    if (data === 'wanted' && current !== null) channel.postMessage({ token: current });
  };
}

async function askOtherTabs(): Promise<string | undefined> {
  const channel = new BroadcastChannel(CHANNEL);
  try {
    return await new Promise((resolve) => {
      channel.onmessage = ({ data }) => {
        if (typeof data?.token === 'string') resolve(data.token);
      };
      channel.postMessage('wanted');
      setTimeout(() => resolve(undefined), PATIENCE);
    });
  } finally {
    channel.close();
  }
}
