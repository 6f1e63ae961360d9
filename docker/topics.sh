#!/bin/sh
# Creates the topics of io.scanstream.contracts.Topics that are not there; a test holds this list to them.
# Topics that are there stay as they are.
set -eu
bootstrap=$1

# name partitions retention.ms
while read -r name partitions retention; do
  /opt/kafka/bin/kafka-topics.sh --bootstrap-server "$bootstrap" --create --if-not-exists \
    --topic "$name" --partitions "$partitions" --replication-factor 1 --config "retention.ms=$retention"
done <<TOPICS
training.requests 1 2592000000
training.events 1 2592000000
scans 4 604800000
scans.urgent 4 604800000
scores 4 604800000
scores.shadow 4 604800000
model.events 1 2592000000
model.answers 1 604800000
scan.arrivals 4 604800000
scans.dlq 1 2592000000
training.requests.dlq 1 2592000000
scan.arrivals.dlq 1 2592000000
TOPICS
