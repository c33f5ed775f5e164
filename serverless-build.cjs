const { execFileSync } = require('node:child_process');

/** Serverless Framework plugin: what is packaged, deployed or invoked locally is what the sources say. */
class BuildFunctions {
  constructor(serverless) {
    const build = () =>
      execFileSync('npm', ['run', '--silent', 'build', 'ingest', 'query'], {
        cwd: serverless.config.servicePath,
        stdio: 'inherit',
      });
    this.hooks = {
      'before:package:createDeploymentArtifacts': build,
      'before:deploy:function:packageFunction': build,
      'before:invoke:local:invoke': build,
    };
  }
}

module.exports = BuildFunctions;
