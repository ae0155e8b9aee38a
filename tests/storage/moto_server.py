"""The S3 of moto on loopback in a process of its own: prints its endpoint, ends when its standard input closes."""

from __future__ import annotations

import sys

import boto3
from moto.server import ThreadedMotoServer

if __name__ == "__main__":
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "test-key", "aws_secret_access_key": "test-secret", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys).create_bucket(Bucket="shop")
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    server.stop()
