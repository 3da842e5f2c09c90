// Stands in for modules that docker-modem and dockerode load eagerly and the agent never uses (SSH, BuildKit's gRPC).
module.exports = {};
