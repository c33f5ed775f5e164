const { execFileSync } = require('node:child_process');

/**
 * Has a function of stage `local` find the servers of `npm run local`, where they listen unless their ports were chosen
 * otherwise. With the credentials of the environment it would look for its tables and buckets in AWS, without any it would fail.
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

/** Serverless Framework plugin: what is packaged, deployed or invoked locally is what the sources say. */
class BuildFunctions {
  constructor(serverless) {
    const build = () =>
      execFileSync('npm', ['run', '--silent', 'build', 'ingest', 'query', 'verify'], {
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
