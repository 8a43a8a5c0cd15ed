// libpcap, for its filter language only (pcap-filter(7)).
#pragma once
#include <pcap/pcap.h>
