/**
 * The event that API Gateway sends for a GET of a URL to a route `$default`, payload format 2.0, where the path is as it
 * was sent. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function httpEvent(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const [rawPath = '', ...query] = url.split('?');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query.join('?'),
    headers,
    requestContext: { http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'curl' } },
    isBase64Encoded: false,
  };
}
