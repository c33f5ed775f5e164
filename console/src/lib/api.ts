/** Why a request has no answer: a problem of the HTTP API (RFC 9457), or no server at all. */
export class ApiProblem extends Error {
  /** HTTP status; 0: nothing answered. */
  readonly status: number;
  /** The end of the problem's type, such as `bad-parameter`. */
  readonly kind: string;
  /** The parameter that is wrong, if one is. */
  readonly parameter: string | undefined;

  constructor(status: number, { type = '', title = '', detail = '', parameter }: ProblemDetails) {
    super(detail === '' ? title : detail);
    this.status = status;
    this.kind = type.slice(type.lastIndexOf(':') + 1);
    this.parameter = parameter;
  }
}

type ProblemDetails = Partial<Record<'type' | 'title' | 'detail' | 'parameter', string>>;

const NO_SERVER: ProblemDetails = {
  type: 'no-server',
  detail:
    'mwaa-trail serve does not answer. It may have been stopped: start it again, and open the address that it prints.',
};

/** What requests are sent with. */
export interface Caller {
  /** Undefined: `serve` runs without one. */
  token: string | undefined;
}

/**
 * Sends a request to the HTTP API, and returns the text of its answer and where the next page is.
 * @param path with its query, such as `/events?limit=50`
 * @throws {ApiProblem}
 * @throws the reason of the signal, once it is aborted
 */
export async function fetchText(
  path: string,
  { token }: Caller,
  { signal, accept = 'application/json' }: { signal?: AbortSignal; accept?: string } = {},
): Promise<{ text: string; next: string | undefined }> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const response = await fetch(path, {
      headers: { accept, ...authorization },
      ...(signal && { signal }),
      cache: 'no-store',
    });
    const text = await response.text();
    if (!response.ok) throw new ApiProblem(response.status, problemIn(text));
    return { text, next: nextOf(response.headers.get('link') ?? '') };
  } catch (error) {
    if (error instanceof ApiProblem || signal?.aborted) throw error;
    throw new ApiProblem(0, NO_SERVER);
  }
}

/** The path of the next page. https://www.rfc-editor.org/rfc/rfc8288 */
function nextOf(link: string): string | undefined {
  return /^<([^>]+)>; rel="next"$/.exec(link)?.[1];
}

function problemIn(text: string): ProblemDetails {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body;
  } catch {
    // Something else than the API answered.
  }
  return { type: 'unknown', detail: 'The answer is not one of the API of mwaa-trail.' };
}
