const { execFileSync } = require('node:child_process');

/**
 * Points a function of stage `local` at the servers of `npm run local`, on their default ports unless the environment names
 * endpoints. With the environment's credentials it would use tables and buckets in AWS; without any it would fail.
 */
function useLocalServers() {
  const { AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_S3 } = process.env;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: AWS_ENDPOINT_URL_DYNAMODB || 'http://127.0.0.1:8000',
    AWS_ENDPOINT_URL_S3: AWS_ENDPOINT_URL_S3 || 'http://127.0.0.1:4566',
    S3_FORCE_PATH_STYLE: 'true',
    AWS_USE_FIPS_ENDPOINT: 'false',
    AWS_USE_DUALSTACK_ENDPOINT: 'false',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  for (const name of ['AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE']) delete process.env[name];
}

/** Serverless Framework plugin that builds the functions before they are packaged, deployed or invoked locally. */
class BuildFunctions {
  constructor(serverless) {
    const build = () =>
      execFileSync('npm', ['run', '--silent', 'build', 'ingest', 'query', 'verify', 'alert', 'export'], {
        cwd: serverless.config.servicePath,
        stdio: 'inherit',
      });
    this.hooks = {
      'before:package:createDeploymentArtifacts': build,
      'before:deploy:function:packageFunction': build,
      'before:invoke:local:invoke': () => {
        build();
        if (serverless.service.provider.stage === 'local') useLocalServers();
      },
    };
  }
}

module.exports = BuildFunctions;
